"""The local stack with the five services as containers of the image: ``python -m tests.cluster.stack``.

Hardened as in a cluster, on the machine's network, beside the local stack's own Postgres, Kafka, gateway and mail.
"""

import os
import sys
from pathlib import Path

from deploy.image.build import DEFAULT_NAME, container_engine
from deploy.local.main import main
from deploy.local.process import Process
from deploy.local.stack import Stack

HARDENED = ("--rm", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")
#: The image's user, for whom the folder of keys must be.
_USER = 10001
#: In the image these are what they are.
_OWN = ("PANEL_STATIC_DIR", "PANEL_IMAGE")


class ContainerStack(Stack):
    """``serve`` runs in a container of PANEL_IMAGE; files that a setting names are shown to it."""

    #: The engine's client does nothing while its container works.
    patience = 300.0

    def python(self, name: str, environment: dict[str, str], module: str, *arguments: str) -> Process:
        process = super().python(name, environment, module, *arguments)
        if module != "shared.cli":
            return process
        variables = {key: value for key, value in environment.items() if key.startswith("PANEL_") and key not in _OWN}
        command = [container_engine(), "run", "--network=host", *HARDENED, f"--name=panel-{os.getpid()}-{name}"]
        # By name alone: the engine takes the value from its own environment, where no list of processes shows it.
        command += [f"--env={key}" for key in variables]
        for key, value in variables.items():
            if value.startswith("/"):
                writable = key == "PANEL_KEY_DIR"
                if writable:
                    Path(value).mkdir(parents=True, exist_ok=True)
                # What the launcher writes is for its owner alone.
                if Path(value).is_relative_to(self.state):
                    os.chown(value, _USER, _USER)
                command.append(f"--volume={value}:{value}:{'rw' if writable else 'ro'}")
        process.command = [*command, os.environ.get("PANEL_IMAGE") or DEFAULT_NAME, *arguments]
        process.stop_seconds = 30
        return process


if __name__ == "__main__":
    sys.exit(main(ContainerStack))
