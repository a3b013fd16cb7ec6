"""The choice of the pairs that the report shows."""

from pipeline.report.pairs.worst import CLOSE_CALLS, PER_REASON, WorstPairs
from tests.pipeline.report.pair_verdicts import THRESHOLDS, verdicts


def test_the_worst_of_each_reason_are_shown_and_the_closest_that_passed():
    worst = WorstPairs(THRESHOLDS)
    for verdict in verdicts():
        worst.add(verdict)
    shown = {code: [verdict.pair_id for verdict in of_code] for code, of_code in worst.by_reason().items()}
    assert shown == {"misaligned": ["moved-30", "moved-5", "moved-4", "moved-3"], "swapped": ["swapped"]}
    assert len(shown["misaligned"]) == PER_REASON
    assert [verdict.pair_id for verdict in worst.close_calls()] == ["good"][:CLOSE_CALLS]
