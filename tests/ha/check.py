"""What must hold at the end, read from the database and from what clients wrote down: nothing here
asks the program."""

import hashlib
from collections import Counter


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def frontier(hashes):
    """Roots of the full subtrees of an RFC 6962 log, largest first, and how many leaves they hold."""
    roots, size = [], 0
    for carry in hashes:
        bits = size
        while bits & 1:
            carry = node(roots.pop(), carry)
            bits >>= 1
        roots.append(carry)
        size += 1
    return b"".join(roots).hex(), size


def journal(sql):
    """Faults of the journal: every leaf is hashed again, every log rebuilt."""
    for client, size, kept in sql("SELECT client, size, frontier FROM log_head ORDER BY client"):
        rows = sql(
            "SELECT seq, encode(convert_to(leaf, 'UTF8'), 'hex'), leaf_hash FROM record"
            f" WHERE client = '{client}' ORDER BY seq"
        )
        hashes = []
        for nth, (seq, leaf, kept_hash) in enumerate(rows):
            found = hashlib.sha256(b"\x00" + bytes.fromhex(leaf)).digest()
            if int(seq) != nth or found.hex() != kept_hash:
                yield f"{client}: record {seq} is not leaf {nth}"
            hashes.append(found)
        if frontier(hashes) != (kept, int(size)):
            yield f"{client}: the log's head is not that of its {len(hashes)} leaves"


# Counts that must be zero.
NOTHING = {
    "ticket whose version is not the number of its records": """
        SELECT count(*) FROM ticket t WHERE t.version <> (
          SELECT count(*) FROM record r WHERE r.client = t.client AND r.ticket = t.id)""",
    "command that two records came from": """
        SELECT count(*) FROM (SELECT 1 FROM inbox GROUP BY client, command HAVING count(*) > 1) x""",
    "gate decided twice by one person": """
        SELECT count(*) FROM (SELECT 1 FROM decision GROUP BY client, gate, person HAVING count(*) > 1) x""",
    "hold of a closed ticket without settlement": """
        SELECT count(*) FROM hold h JOIN ticket t ON t.client = h.client AND t.id = h.ticket
        WHERE t.state = 'closed' AND NOT EXISTS(
          SELECT 1 FROM settlement s WHERE s.client = h.client AND s.hold = h.id)""",
    "lot whose counters are not its postings": """
        SELECT count(*) FROM (
          SELECT l.held, l.spent,
            COALESCE(SUM(CASE WHEN p.credit = 'held' THEN p.tokens
                              WHEN p.debit = 'held' THEN -p.tokens END), 0) AS is_held,
            COALESCE(SUM(CASE WHEN p.credit = 'spent' THEN p.tokens END), 0) AS is_spent
          FROM lot l LEFT JOIN posting p ON p.client = l.client AND p.lot = l.id
          GROUP BY l.client, l.id, l.held, l.spent) x WHERE held <> is_held OR spent <> is_spent""",
    "lock of a closed ticket": """
        SELECT count(*) FROM resource_lock l JOIN ticket t ON t.client = l.client AND t.id = l.ticket
        WHERE t.state = 'closed'""",
    "ticket that is not closed": "SELECT count(*) FROM ticket WHERE state <> 'closed'",
    "message that is not sent": "SELECT count(*) FROM notice WHERE state <> 'sent'",
    "session left in a transaction": """
        SELECT count(*) FROM pg_stat_activity WHERE usename = 'guichet'
        AND state LIKE 'idle in transaction%' AND state_change < clock_timestamp() - interval '1 second'""",
}


def acknowledged(sql, lines):
    """Faults of what clients were told: each acknowledged command is there, and once (RPO 0)."""
    orders = {it["key"]: it["reference"] for it in lines if it["act"] == "order"}
    for reference, count in Counter(orders.values()).items():
        if count > 1:
            yield f"{reference} answers {count} orders"
    tickets = {it[0]: it[1] for it in sql("SELECT reference, id FROM ticket")}
    for key, reference in orders.items():
        if reference not in tickets:
            yield f"order {key} was acknowledged as {reference} and is lost"
    for reference in tickets.keys() - set(orders.values()):
        yield f"{reference} answers nobody's order: it was made twice"
    said = {it[0] for it in sql("SELECT gate FROM decision")}
    done = {tuple(it) for it in sql("SELECT ticket, name FROM task WHERE status = 'done'")}
    for it in lines:
        if it["act"] == "decide" and it["gate"].split(".", 1)[1] not in said:
            yield f"decision {it['key']} on {it['reference']} is lost"
        if it["act"] == "complete" and (tickets.get(it["reference"]), it["task"]) not in done:
            yield f"task {it['task']} of {it['reference']} was acknowledged and is not done"


def letters(sql, got, kills):
    """Faults of mail: each message arrived, and twice only where a mailer was killed under it."""
    sent = int(sql("SELECT count(*) FROM notice WHERE state = 'sent'")[0][0])
    if len(got) != sent:
        yield f"{sent} messages are sent, {len(got)} letters arrived"
    twice = sum(count - 1 for count in got.values())
    # Four letters are handed over at once by one mailer.
    if twice > 4 * kills:
        yield f"{twice} letters arrived twice after {kills} killed mailers"


def everything(sql, lines, got, kills):
    """All faults."""
    for what, query in NOTHING.items():
        count = int(sql(query)[0][0])
        if count:
            yield f"{count} × {what}"
    yield from acknowledged(sql, lines)
    yield from letters(sql, got, kills)
    yield from journal(sql)
