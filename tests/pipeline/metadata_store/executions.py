"""Files of ML Metadata with executions in states of one's choice."""

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd


def store_of(file):
    """Opens a file of ML Metadata, and makes it where there is none."""
    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = str(file)
    config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    return MetadataStore(config)


def new_metadata(file, *states):
    """Writes a file with one execution of `Trainer` for each state, all in the run "killed"; returns its path."""
    store = store_of(file)
    run, node = (
        mlmd.Context(type_id=store.put_context_type(mlmd.ContextType(name=kind)), name=name)
        for kind, name in (("pipeline_run", "killed"), ("node", "pipeline.Trainer"))
    )
    type_id = store.put_execution_type(mlmd.ExecutionType(name="Trainer"))
    for state in states:
        store.put_execution(mlmd.Execution(type_id=type_id, last_known_state=state), [], [run, node], True)
    return file
