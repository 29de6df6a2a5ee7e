"""``python`` and ``posefix`` that start at once.

Importing mmpose takes seconds. A server imports everything once; each command
is a fork of it, with the arguments, folder, variables and files of the
process that asked. It runs the same code as the real program.
"""

import json
import os
import runpy
import socket
import subprocess
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List

_CLIENT = '''#!{python} -SE
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.connect({address!r})
argv = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
request = json.dumps(dict(argv=argv, cwd=os.getcwd(), env=dict(os.environ)))
socket.send_fds(server, [request.encode()], [0, 1, 2])
sys.exit(int(server.recv(8) or b'1'))
'''


@contextmanager
def warm_commands(folder: Path) -> Iterator[Path]:
    """Start a server.

    Args:
        folder (Path): For its socket, and for the programs.

    Yields:
        Path: Folder of the programs, for ``PATH``.
    """
    address = str(folder / 'socket')
    programs = folder / 'bin'
    programs.mkdir()
    for name in ('python', 'posefix'):
        program = programs / name
        program.write_text(
            _CLIENT.format(python=sys.executable, address=address))
        program.chmod(0o755)
    server = subprocess.Popen(
        [sys.executable, '-W', 'ignore', __file__, address],
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
        stdout=subprocess.PIPE,
        text=True)
    try:
        assert server.stdout.readline() == 'ready\n'
        yield programs
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def serve(address: str) -> None:
    """Fork a process for each request, one after the other."""
    import posefix_mm.apis  # noqa: F401
    from posefix_mm.cli import main  # noqa: F401

    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(address)
    listener.listen()
    print('ready', flush=True)
    while True:
        client, _ = listener.accept()
        request, files, *_ = socket.recv_fds(client, 1 << 20, 3)
        if (child := os.fork()) == 0:
            listener.close()
            os._exit(answer(json.loads(request), files))
        for file in files:
            os.close(file)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        client.send(str(code & 255).encode())
        client.close()


def answer(request: dict, files: List[int]) -> int:
    """Become the process that was asked for."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode) for number, mode in enumerate('rww'))
    os.chdir(request['cwd'])
    os.environ.clear()
    os.environ.update(request['env'])
    sys.argv = request['argv']
    try:
        return run()
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
        return stop.code if isinstance(stop.code, int) else bool(stop.code)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def run() -> int:
    """Do what ``python`` and ``posefix`` do with ``sys.argv``."""
    from posefix_mm.cli import main
    program = sys.argv.pop(0)
    if program == 'posefix':
        return main(sys.argv)
    if sys.argv[0] == '-':
        sys.path.insert(0, '')
        exec(compile(sys.stdin.read(), '<stdin>', 'exec'),
             {'__name__': '__main__'})
    else:
        sys.path.insert(0, os.path.dirname(sys.argv[0]))
        runpy.run_path(sys.argv[0], run_name='__main__')
    return 0


if __name__ == '__main__':
    serve(sys.argv[1])
