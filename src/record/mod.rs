//! Records: how they are framed in files, and what is in them.
