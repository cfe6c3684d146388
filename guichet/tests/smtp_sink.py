"""A mail server for tests: answers by the recipient's name, writes what it accepts as JSON lines.

Usage: smtp_sink.py OUTPUT PORT [CERTIFICATE KEY], where port 0 takes a free one. Prints its port once it listens.
"""

import asyncio
import email
import email.policy
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

OUTPUT = sys.argv[1]
PASSWORD = os.environ.get("SINK_PASSWORD", "secret").encode()
CONTEXT = None
if len(sys.argv) > 3:
    CONTEXT = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    CONTEXT.load_cert_chain(sys.argv[3], sys.argv[4])


def parsed(content):
    """What a mail program makes of the message, with what it finds wrong."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    parts = [
        {
            "type": part.get_content_type(),
            "params": dict(part["Content-Type"].params),
            "file": part.get_filename(),
            "content": part.get_payload(decode=True).decode("utf-8"),
            "defects": [str(it) for it in part.defects],
        }
        for part in message.walk()
        if not part.is_multipart()
    ]
    return {
        "type": message.get_content_type(),
        "headers": {name: str(value) for name, value in message.items()},
        "to": [[it.display_name, it.addr_spec] for it in message["To"].addresses],
        "from": [[it.display_name, it.addr_spec] for it in message["From"].addresses],
        "defects": [str(it) for it in message.defects],
        "parts": parts,
    }


class Handler:
    """Local parts of recipients choose what goes wrong."""

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "nobody":
            return "550 5.1.1 no such mailbox"
        if name == "later":
            return "451 4.7.1 greylisted, come back"
        if name == "closing":
            return "421 4.3.2 shutting down"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "cut":
            server.transport.abort()
            return "250 never heard"
        if name == "mute":
            await asyncio.sleep(3600)
        if name == "spam":
            return "554 5.7.1 refused by content"
        record = parsed(envelope.original_content)
        record["rcpt"] = envelope.rcpt_tos
        record["mail_from"] = envelope.mail_from
        record["peer"] = session.peer[1]
        record["tls"] = session.ssl is not None
        record["login"] = session.auth_data.login.decode() if session.auth_data else None
        with open(OUTPUT, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        return "250 2.0.0 queued as " + record["headers"]["Message-ID"]


def authenticator(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.password == PASSWORD
    return AuthResult(success=good, handled=False, auth_data=data)


def session():
    return SMTP(
        Handler(),
        hostname="sink.test",
        tls_context=CONTEXT,
        authenticator=authenticator,
        auth_require_tls=CONTEXT is not None,
        loop=asyncio.get_running_loop(),
    )


async def main():
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", int(sys.argv[2]))
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        # The sink ends with whoever started it: its standard input closes.
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
