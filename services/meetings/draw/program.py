"""A linear or integer program in HiGHS, with dense matrices in and numpy arrays out; one thread, so that it repeats."""

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

INFINITY = highspy.kHighsInf


@dataclass(frozen=True)
class Optimum:
    """Objective, value of each column, and dual of each row (empty for integer programs)."""

    value: float
    columns: Array
    duals: Array


class _Highs(highspy.Highs):
    """The first of a process prints a banner when callbacks are registered, before any option can be set; none are."""

    def enableCallbacks(self) -> None:  # noqa: N802
        """Called by the constructor."""


class Program:
    """Maximises ``cost`` @ x where ``low`` <= ``rows`` @ x <= ``high`` and ``least`` <= x <= ``most``."""

    def __init__(
        self, cost: Array, rows: Array, low: Array, high: Array, least: Array, most: Array, *, integer: bool = False
    ) -> None:
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = rows.shape
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_, model.row_lower_, model.row_upper_ = cost, low, high
        model.col_lower_, model.col_upper_ = least, most
        column, row = np.nonzero(rows.T)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = np.searchsorted(column, np.arange(rows.shape[1] + 1)).astype(np.int32)
        model.a_matrix_.index_ = row.astype(np.int32)
        model.a_matrix_.value_ = rows.T[column, row]
        if integer:
            model.integrality_ = [highspy.HighsVarType.kInteger] * rows.shape[1]
        self.columns = rows.shape[1]
        self.integer = integer
        self.highs = _Highs()  # type: ignore[no-untyped-call]
        for name, value in _OPTIONS.items():
            self.highs.setOptionValue(name, value)
        self.highs.passModel(model)

    def solve(self) -> Optimum | None:
        """The optimum, or None when nothing fits."""
        self.highs.run()
        status = self.highs.getModelStatus()
        if status in _NOTHING_FITS:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            # A warm start can end in numerical trouble; the same program from scratch does not.
            self.highs.clearSolver()
            self.highs.run()
            if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                raise ArithmeticError(f"HiGHS stopped with {self.highs.modelStatusToString(status)}")
        solution = self.highs.getSolution()
        columns = np.array(solution.col_value)
        value = self.highs.getInfo().objective_function_value
        return Optimum(value, columns, np.array([] if self.integer else solution.row_dual))

    def price(self, cost: Array) -> None:
        """Another objective, for the first columns."""
        self.highs.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), np.ascontiguousarray(cost))

    def bound_column(self, column: int, least: float, most: float) -> None:
        """Other bounds for a column."""
        self.highs.changeColBounds(column, least, most)

    def bound_row(self, row: int, low: float, high: float) -> None:
        """Other bounds for a row."""
        self.highs.changeRowBounds(row, low, high)

    def coefficient(self, row: int, column: int, value: float) -> None:
        """Another coefficient."""
        self.highs.changeCoeff(row, column, value)

    def add_column(self, cost: float, rows: Array) -> None:
        """One more column, from 0 up."""
        at = np.flatnonzero(rows).astype(np.int32)
        self.highs.addCol(cost, 0.0, INFINITY, len(at), at, rows[at])
        self.columns += 1


_OPTIONS: dict[str, bool | int | float | str] = {
    "log_to_console": False,
    "output_flag": False,
    "threads": 1,
    "random_seed": 1,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "mip_feasibility_tolerance": 1e-9,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 1e-9,
}
_NOTHING_FITS = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)
