"""The yardstick of ingest: decode, group, the same COPY, commit; no sign-in, signature, check, ledger or roll-up."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from vehicles import copying
from vehicles.envelope import WholeData
from vehicles.quality import Row
from vehicles.signals import by_name


class Event(msgspec.Struct):
    data: WholeData


events = msgspec.json.Decoder(list[Event])
lock = asyncio.Lock()
pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] | None = None


async def connections() -> AsyncConnectionPool[psycopg.AsyncConnection[Any]]:
    global pool
    async with lock:
        if pool is None:
            pool = AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=4, max_size=4, open=False)
            await pool.open(wait=True)
    return pool


def rows_of(body: bytes) -> list[Row]:
    rows: dict[Any, Row] = {}
    for event in events.decode(body):
        for signal in event.data.signals:
            row = rows.get(signal.timestamp)
            if row is None:
                row = rows[signal.timestamp] = Row(signal.timestamp, [], [], [])
            row.signals.append(by_name[signal.name].id)
            row.values.append(signal.value)  # type: ignore[arg-type]
    return list(rows.values())


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    data = copying.encode(rows_of(body), vehicle_id=1, source_id=1)
    async with (await connections()).connection() as connection, connection.cursor() as cursor:
        async with cursor.copy(copying.STATEMENT) as copy:
            await copy.write(copying.HEADER + data + copying.TRAILER)
        await connection.commit()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b'{"accepted":1}'})
