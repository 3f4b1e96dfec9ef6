"""Where a data directory keeps what. Every path that a run writes has a name here."""

from pathlib import Path

from auto_deployment.host.layout import Below, Layout

PROJECT = Path(__file__).parents[1]  # the checkout that this code lies in, or its copy in an image
TEMPLATE = PROJECT / "nginx" / "templates" / "marquee.conf.template"
OPERATIONS = PROJECT / "docs" / "operations.md"
LOCAL_CONF = PROJECT / "nginx" / "local.conf"


class Paths(Layout):
    """The layout below one `DATA_DIR`."""

    segments = Below("segments")
    quarantine = Below("quarantine")
    catalog = Below("catalog")
    models = Below("models")
    current_model = Below("models", "current")
    reports = Below("reports")
    published = Below("published.txt")
    ingest_lock = Below("ingest.lock")
    open_batch = Below("open-batch")  # since when lines wait to become a segment
    forgotten = Below(
        "forgotten.json"
    )  # which segments held events of forgotten users, for versions made of them
    forgotten_told = Below("forgotten-told.json")  # which wishes the instances were told
    compaction_lock = Below("compaction.lock")
    drift_history = Below("drift.json")
    drift_findings = Below("drift-findings.json")
    run = Below("run")
    cycle = Below("cycle")
    releases = Below("releases")
    release_outbox = Below("releases", "outbox")
    release_inbox = Below("releases", "inbox")
    controller_lock = Below("releases", "controller.lock")
    serving = Below("releases", "serving.json")  # the release that the stable instances serve
    store_told = Below("releases", "store-told")  # the last release whose end the model store knows
    released = Below("releases", "released.json")  # versions that have ever served everybody
    rejected = Below("releases", "rejected.json")  # what releases have ruled out
    evidence = Below("releases", "evidence.json")  # which release bakes, since when: feedback counts for it
    kubernetes = Below("releases", "kubernetes")  # of releases there: their images
    brought_log = Below("releases", "edge", "edge.log")  # of all NGINX pods, in one file
    local_models = Below("releases", "local", "models")  # of a run of plain processes
    local_slots = Below("releases", "local", "slots")
    local_latency = Below("releases", "local", "latency.json")
    outbox = Below("outbox")
    feedback = Below("feedback")
    indexes = Below("search")
    current_index = Below("search", "current")
    fleet = Below("fleet")  # of a node's agent, where FLEET_DIR names no other
    recipe = Below("recipe")  # what load, resources and recipe measured, where --out names no other
    master = Below("master")  # of the fleet's master, where MASTER_DIR names no other


class CycleLayout(Layout):
    """What a retraining cycle keeps in `DATA_DIR/cycle`."""

    lock = Below("lock")
    children = Below("children")  # process groups of the programs that run now
    clone = Below("clone")
    git_remote = Below("remote.git")  # the bare repository that stands in for a remote where none is set
    dvc_cache = Below("dvc-cache")  # outside of the clone, which may be made anew at any time
    dvc_remote = Below("dvc-remote")
    dvc_site = Below("dvc-site")
    bytecode = Below("bytecode")  # of what the programs of a cycle import
    retention = Below(".retention")  # a second clone, for as long as versions are looked through
    collected = Below("collected.json")  # versions whose data and models retention has removed
    askpass = Below("askpass")
    intended = Below("intended.json")  # what will have happened once the push is through
    last = Below("last.json")  # how the last cycle ended
    last_published = Below("last-published.json")  # how the last cycle ended that published something
    delivered = Below("delivered")  # the version that was brought into the model store last
    schedule = Below("schedule.json")

    def fetched(self, name: str) -> Path:
        return self.root / f"fetch-{name}"


class FeedbackLayout(Layout):
    """What `feedback` keeps in `DATA_DIR/feedback`: a folder of Parquet files for each table."""

    edge = Below("edge")  # what NGINX said of requests
    collect_lock = Below("collect.lock")
    join_lock = Below("join.lock")
    spill = Below("spill")  # of DuckDB, where memory is not enough
    measures = Below("measures")  # a file for each release: what its lists were worth
    watched = Below("watched")  # counts for the release judge, a file for each release
    copies = Below("copies")  # of what is in PostgreSQL, for DuckDB

    def table(self, name: str) -> Path:
        return self.root / name


class RunLayout(Layout):
    """What a local run keeps in `DATA_DIR/run`."""

    lock = Below("lock")
    processes = Below("processes")
    nginx = Below("nginx")
    nginx_conf = Below("nginx", "nginx.conf")
    marquee_conf = Below("nginx", "marquee.conf")
    upstream_conf = Below("nginx", "upstream.conf")
    nginx_temp = Below("nginx-temp")
    logs = Below("logs")
    edge_log = Below("logs", "edge.log")
    nginx_error_log = Below("logs", "nginx-error.log")
    static = Below("static")
    metrics = Below("metrics")
    console_token = Below("console-token")  # of who presses buttons, where none is set
    impressions = Below("impressions")  # what the service tells of its answers, with IMPRESSIONS=log
    recent_file = Below("recent", "events")  # of the demo; where it is, instances follow it

    def log(self, program: str) -> Path:
        return self.logs / f"{program}.log"

    def create(self) -> None:
        for folder in (self.nginx, self.logs, self.static, self.metrics, self.nginx_temp):
            folder.mkdir(parents=True, exist_ok=True)
