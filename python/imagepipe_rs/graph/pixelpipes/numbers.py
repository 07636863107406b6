"""Random numbers and arithmetic."""

from __future__ import annotations

from imagepipe_rs import graph as native
from imagepipe_rs.graph._graph import Saturate
from imagepipe_rs.graph.pixelpipes._port import operation, ported

__all__ = [
    "Add",
    "ArcCos",
    "ArcSin",
    "ArcTan",
    "ArcTan2",
    "Ceil",
    "Cos",
    "Divide",
    "Equal",
    "Floor",
    "Greater",
    "GreaterEqual",
    "LogicalAnd",
    "LogicalNot",
    "LogicalOr",
    "Lower",
    "LowerEqual",
    "Max",
    "Maximum",
    "Min",
    "Minimum",
    "Modulo",
    "Multiply",
    "NotEqual",
    "Power",
    "RandomBoolean",
    "Round",
    "SampleBernoulli",
    "SampleBinomial",
    "SampleNormal",
    "SampleUnform",
    "SampleUniform",
    "Saturate",
    "Sin",
    "SquareRoot",
    "Subtract",
    "Tan",
]

SampleUniform = operation("SampleUniform")
SampleNormal = operation("SampleNormal")
SampleBernoulli = operation("SampleBernoulli")
SampleBinomial = operation("SampleBinomial")
Add = operation("Add")
Subtract = operation("Subtract")
Multiply = operation("Multiply")
Divide = operation("Divide")
Power = operation("Power")
SquareRoot = operation("SquareRoot")
Modulo = operation("Modulo")
Greater = operation("Greater")
GreaterEqual = operation("GreaterEqual")
Lower = operation("Lower")
LowerEqual = operation("LowerEqual")
Equal = operation("Equal")
NotEqual = operation("NotEqual")
Maximum = operation("Maximum")
Max = operation("Max")
Minimum = operation("Minimum")
Min = operation("Min")
Round = operation("Round")
Floor = operation("Floor")
Ceil = operation("Ceil")
Sin = operation("Sin")
Cos = operation("Cos")
Tan = operation("Tan")
ArcSin = operation("ArcSin")
ArcCos = operation("ArcCos")
ArcTan = operation("ArcTan")
ArcTan2 = operation("ArcTan2")
LogicalAnd = operation("LogicalAnd")
LogicalOr = operation("LogicalOr")
LogicalNot = operation("LogicalNot")
RandomBoolean = ported(native.RandomBoolean)
SampleUnform = SampleUniform
