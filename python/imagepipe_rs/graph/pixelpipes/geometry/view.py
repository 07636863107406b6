"""Views: matrices that map points (x, y, 1)."""

from __future__ import annotations

from imagepipe_rs import graph as native
from imagepipe_rs.graph.pixelpipes._port import operation, ported

__all__ = [
    "AffineView",
    "CenterView",
    "Chain",
    "FocusView",
    "IdentityView",
    "RotateView",
    "ScaleView",
    "TranslateView",
    "ViewPoints",
]

TranslateView = operation("TranslateView")
RotateView = operation("RotateView")
ScaleView = operation("ScaleView")
IdentityView = operation("IdentityView")
Chain = operation("Chain")
CenterView = operation("CenterView")
FocusView = operation("FocusView")
ViewPoints = operation("ViewPoints")
AffineView = ported(native.AffineView)
