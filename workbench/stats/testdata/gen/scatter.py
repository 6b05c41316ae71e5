"""Scatters a capture so that it has what real ones seldom show: equal totals, rows
out of order, two threads, ranges that cross or never end, names that are missing,
empty or quoted, calls that no kernel came of, every direction of copy.

    python3 scatter.py SEED CAPTURE.sqlite OUT.sqlite

The reports beside the scattered captures are what nsys stats 2023.4.4 makes of them:

    nsys stats -q --format csv --report REPORT --force-export=false OUT.sqlite
"""

import random
import shutil
import sqlite3
import sys

KERNELS, CALLS = "CUPTI_ACTIVITY_KIND_KERNEL", "CUPTI_ACTIVITY_KIND_RUNTIME"
COPIES, RANGES = "CUPTI_ACTIVITY_KIND_MEMCPY", "NVTX_EVENTS"


def change(db, table, row, **values):
    columns = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE {table} SET {columns} WHERE rowid = ?", (*values.values(), row))


def numbers(db, table, columns="rowid", where="1"):
    return db.execute(f"SELECT {columns} FROM {table} WHERE {where}").fetchall()


def scatter_names(db):
    db.execute("""INSERT INTO StringIds VALUES (500001, 'cudaFoo_v3020'), (500002, 'cudaBar_v11060'), (500003, 'cudaFoo'),
        (500004, 'x'), (500006, 'ümlaut'), (500007, '')""")


def scatter_work(db, pick):
    for table in (KERNELS, COPIES):
        for row, start in numbers(db, table, "rowid, start"):
            change(db, table, row, end=start + pick.choice([1, 2, 3, 7, 1000, 1001, 2500, 3333, 123457]))
    for (row,) in numbers(db, COPIES):
        change(db, COPIES, row, copyKind=pick.randrange(1, 14), dstKind=pick.randrange(8), srcKind=pick.choice([0, 1, 2, 3, 4, 5, 6, 7, None]),
               bytes=pick.choice([0, 1, 499, 500, 501, 1500, 2500, 62500, 4096, 123456789, 10**10]), greenContextId=pick.randrange(3))
    names = [name for (name,) in numbers(db, KERNELS, "DISTINCT demangledName")] + [500004, 500006, 500007]
    for (row,) in numbers(db, KERNELS):
        change(db, KERNELS, row, demangledName=pick.choice(names), gridX=pick.choice([1, 2, 70000]), blockX=pick.choice([32, 256]))
        if pick.random() < 0.1:
            change(db, KERNELS, row, correlationId=999999)


def scatter_calls(db, pick, thread):
    names = [name for (name,) in numbers(db, CALLS, "DISTINCT nameId")] + [500001, 500002, 500003]
    for row, start in numbers(db, CALLS, "rowid, start"):
        change(db, CALLS, row, end=start + pick.choice([1, 2, 10, 1000, 3333]), nameId=pick.choice(names))
        if pick.random() < 0.3:
            change(db, CALLS, row, globalTid=thread + 1)


def scatter_ranges(db, pick, thread):
    for row, in numbers(db, RANGES, where="eventType IN (59, 60)"):
        if pick.random() < 0.3:
            change(db, RANGES, row, globalTid=thread + 1)
        what = pick.choice([{}, {}, {}, {"end": None}, {"eventType": 60}, {"eventType": 60, "endGlobalTid": thread + 5},
                            {"text": None, "textId": 500004}, {"text": None, "textId": 500006}, {"domainId": 7}, {"text": None, "textId": None}])
        if what:
            change(db, RANGES, row, **what)
    db.execute(f"INSERT INTO {RANGES} (start, eventType, text, globalTid, domainId) VALUES (1, 75, ?, ?, 7)", (pick.choice(["Domain", ""]), thread))


def shuffle(db, pick, table):
    rows = db.execute(f"SELECT * FROM {table}").fetchall()
    pick.shuffle(rows)
    db.execute(f"DELETE FROM {table}")
    db.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)


def main(seed, capture, out):
    pick = random.Random(int(seed))
    shutil.copyfile(capture, out)
    with sqlite3.connect(out) as db:
        (thread,) = db.execute(f"SELECT globalTid FROM {CALLS}").fetchone()
        scatter_names(db)
        scatter_work(db, pick)
        scatter_calls(db, pick, thread)
        scatter_ranges(db, pick, thread)
        for table in (KERNELS, COPIES, CALLS, RANGES):
            shuffle(db, pick, table)
    db.close()


main(*sys.argv[1:])
