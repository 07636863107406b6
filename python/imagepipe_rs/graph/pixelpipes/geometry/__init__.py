"""Points, rectangles and views."""
