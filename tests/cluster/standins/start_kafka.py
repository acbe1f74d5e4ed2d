"""What the official image's entry point does: settings from ``KAFKA_*``, storage the first time, then the broker."""

import glob
import os
import re
import shlex
import subprocess

FILE = "/tmp/server.properties"
#: Not settings of the broker.
NOT_SETTINGS = {"KAFKA_HEAP_OPTS", "KAFKA_OPTS"}


def setting(name: str) -> str:
    """``KAFKA_A_B`` is ``a.b``; two underscores stand for one, three for a hyphen."""
    text = name.removeprefix("KAFKA_").lower()
    return re.sub("_{1,3}", lambda found: {1: ".", 2: "_", 3: "-"}[len(found[0])], text)


variables = {
    name: value for name, value in os.environ.items() if name.startswith("KAFKA_") and name not in NOT_SETTINGS
}
values = {setting(name): value for name, value in variables.items()}
with open(FILE, "w", encoding="utf-8") as file:
    file.writelines(f"{name}={value}\n" for name, value in values.items())
heap = shlex.split(os.environ.get("KAFKA_HEAP_OPTS", "-Xmx256m"))
java = ["/opt/java/bin/java", *heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
java += ["-Dlog4j2.configurationFile=/opt/kafka/log4j2.properties", "-cp", ":".join(glob.glob("/opt/kafka/*.jar"))]
if not os.path.exists(f"{values['log.dirs']}/meta.properties"):
    cluster = os.environ.get("CLUSTER_ID", "5L6g3nShT-eMCtK--X86sw")
    command = [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", FILE]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
os.execv(java[0], [*java, "kafka.Kafka", FILE])
