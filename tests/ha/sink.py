"""A mail server that takes every letter and remembers its Message-ID."""

import socketserver
import threading
from collections import Counter


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.got, self.lock = Counter(), threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        """Mailers are killed in the middle of a sentence; that is the point."""


class Conversation(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def say(self, words):
        self.wfile.write(f"{words}\r\n".encode())

    def handle(self):
        self.say("220 sink")
        for line in self.rfile:
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                self.say("354 go on")
                name = self.letter()
                if name is None:
                    return
                with self.server.lock:
                    self.server.got[name] += 1
                self.say(f"250 kept {name}")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def letter(self):
        """Its Message-ID, once all of it is here."""
        name, head = "", True
        for line in self.rfile:
            if line == b".\r\n":
                return name
            head = head and line != b"\r\n"
            if head and line.lower().startswith(b"message-id:"):
                name = line.split(b":", 1)[1].strip().decode()
        return None
