"""A small IMAP server for tests."""

import asyncio
import re
from datetime import UTC, date, datetime


class Server:
    """As much of IMAP as the reading of a mailbox needs."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.flags: dict[int, str] = {}
        self.came: dict[int, date] = {}
        self.expunged: set[int] = set()
        self.logins: list[str] = []
        self.refuse_fetch = False

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            tag, _, command = line.decode().strip().partition(" ")
            answer, state = self._answer(command)
            writer.write(answer + f"{tag} {state} done\r\n".encode())
            if command.startswith("LOGOUT"):
                break
        writer.close()

    def _answer(self, command: str) -> tuple[bytes, str]:
        if command.startswith("CAPABILITY"):
            return b"* CAPABILITY IMAP4rev1\r\n", "OK"
        if command.startswith("LOGIN"):
            self.logins.append(command)
        if command.startswith("UID SEARCH"):
            there = [n for n in range(1, len(self.mails) + 1) if n not in self.expunged]
            numbers = [str(n) for n in there if self._is(n, command.split()[2:])]
            return f"* SEARCH {' '.join(numbers)}\r\n".encode(), "OK"
        if match := re.match(r"UID FETCH (\d+) \((.*)\)", command):
            number = int(match[1])
            mail = self.mails[number - 1]
            if match[2] == "RFC822.SIZE":
                return f"* {number} FETCH (UID {number} RFC822.SIZE {len(mail)})\r\n".encode(), "OK"
            if self.refuse_fetch:
                return b"", "NO"
            return f"* {number} FETCH (UID {number} BODY[] {{{len(mail)}}}\r\n".encode() + mail + b")\r\n", "OK"
        if match := re.match(r"UID STORE (\d+) \+FLAGS \((.*)\)", command):
            number = int(match[1])
            self.flags[number] = f"{self.flags.get(number, '')} {match[2]}".strip()
        if command == "EXPUNGE":
            self.expunged |= {n for n, flags in self.flags.items() if "Deleted" in flags}
        if command.startswith("LOGOUT"):
            return b"* BYE\r\n", "OK"
        return b"* 1 EXISTS\r\n" if command.startswith("SELECT") else b"", "OK"

    def _is(self, number: int, parts: list[str]) -> bool:
        """Whether the mail is what a search asks for."""
        flags = self.flags.get(number, "")
        if parts == ["UNSEEN"]:
            return "Seen" not in flags
        seen, flagged, before, day = parts
        assert (seen, before) == ("SEEN", "BEFORE")
        came = self.came.get(number, datetime.now(UTC).date())
        older = came < datetime.strptime(day, "%d-%b-%Y").replace(tzinfo=UTC).date()
        return older and "Seen" in flags and ("Flagged" in flags) == (flagged == "FLAGGED")
