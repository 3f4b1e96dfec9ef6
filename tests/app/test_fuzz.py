"""Generated requests against the running service: nothing but what the description allows.

`python -m benchmarks soak` sends many times as many.
"""

from pathlib import Path

from tests.support.described_answers import send_from_all
from tests.support.server import serving

REQUESTS = 3_000


def test_no_generated_request_gets_an_undocumented_answer(item_model_dir: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "log", {"MODEL_DIR": str(item_model_dir), "LOG_LEVEL": "ERROR"}) as server:
        statuses, complaints = send_from_all(server.port, REQUESTS)
        assert complaints == []
        assert statuses.total() == REQUESTS
        # All kinds of answers were met, or the generator has lost its reach.
        assert {status for status, count in statuses.items() if count > 20} >= {200, 400, 404, 405}
        assert "Traceback" not in server.log_text()
