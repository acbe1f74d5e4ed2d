"""What the Helm chart knows of topics, paths and secrets is what the tables say."""

from deploy.cluster.topology import TOPOLOGY_FILE, topology_text


def test_the_charts_data_are_what_the_tables_say() -> None:
    """`make chart-data` writes them."""
    assert TOPOLOGY_FILE.read_text(encoding="utf-8") == topology_text()
