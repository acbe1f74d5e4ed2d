"""A small IMAP server for tests."""

import asyncio
import re


class Server:
    """As much of IMAP as the reading of a mailbox needs."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.flags: dict[int, str] = {}
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
            unread = [str(n) for n in range(1, len(self.mails) + 1) if n not in self.flags]
            return f"* SEARCH {' '.join(unread)}\r\n".encode(), "OK"
        if found := re.match(r"UID FETCH (\d+) \((.*)\)", command):
            number = int(found[1])
            mail = self.mails[number - 1]
            if found[2] == "RFC822.SIZE":
                return f"* {number} FETCH (UID {number} RFC822.SIZE {len(mail)})\r\n".encode(), "OK"
            if self.refuse_fetch:
                return b"", "NO"
            return f"* {number} FETCH (UID {number} BODY[] {{{len(mail)}}}\r\n".encode() + mail + b")\r\n", "OK"
        if found := re.match(r"UID STORE (\d+) \+FLAGS \((.*)\)", command):
            self.flags[int(found[1])] = found[2]
        if command.startswith("LOGOUT"):
            return b"* BYE\r\n", "OK"
        return b"* 1 EXISTS\r\n" if command.startswith("SELECT") else b"", "OK"
