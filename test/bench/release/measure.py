"""Runs a command and prints what it cost as JSON: wall and CPU time of all its processes, the largest one's memory, and how many there were.

    measure.py <log file> <command...>

CPU and memory are the kernel's own account of every descendant that was waited for. Processes are counted by looking every 3 ms, which
finds whatever lives as long as a kubectl (40 ms at least); the command itself counts.
"""
import json
import os
import resource
import subprocess
import sys
import threading
import time


def descendants(pid, found):
    try:
        for task in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{task}/children') as children:
                for child in map(int, children.read().split()):
                    found.add(child)
                    descendants(child, found)
    except OSError:
        pass  # It has just ended.


def main():
    log, command = sys.argv[1], sys.argv[2:]
    seen = set()
    with open(log, 'wb') as output:
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        seen.add(process.pid)
        over = threading.Event()

        def look():
            while not over.wait(0.003):
                descendants(process.pid, seen)

        looking = threading.Thread(target=look)
        looking.start()
        code = process.wait()
        wall = time.monotonic() - began
        over.set()
        looking.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({
        'code': code,
        'wallSeconds': round(wall, 3),
        'cpuSeconds': round(used.ru_utime + used.ru_stime, 3),
        'peakRssMb': round(used.ru_maxrss / 1024, 1),
        'processes': len(seen),
    }))


main()
