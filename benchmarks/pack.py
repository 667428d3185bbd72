"""Pack a source distribution again, so that two builds of one commit give the same bytes.

python -m benchmarks.pack dist/ssgan-0.2.0.tar.gz 1700000000    # seconds since 1970; `make dist`
"""

import gzip
import io
import sys
import tarfile
from pathlib import Path


def pack_again(content: bytes, seconds: int) -> bytes:
    """The same members in the order of their names, all of one time, one owner and plain modes."""
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(content)) as before,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as after,
    ):
        for member in sorted(before.getmembers(), key=lambda member: member.name):
            plain = tarfile.TarInfo(member.name)
            plain.size, plain.type, plain.linkname = member.size, member.type, member.linkname
            plain.mtime = seconds
            plain.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            after.addfile(plain, before.extractfile(member) if member.isfile() else None)
    return gzip.compress(packed.getvalue(), mtime=seconds)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_bytes(pack_again(path.read_bytes(), int(sys.argv[2])))
