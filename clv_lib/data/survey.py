"""The first pass over a file of text: its digest, encoding, compression and lines, in bounded memory."""

import codecs
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TextIO

import pyarrow as pa

from clv_lib.errors import DataError, SettingsError

Compression = Literal["none", "gzip", "zstd", "bz2"]

_MAGIC: Final[dict[bytes, Compression]] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
_BOMS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class Survey:
    """What a file is, before any of it is understood.

    Attributes
    ----------
    path : Path
    name : str
        As it is called in reports: relative to the dataset's folder.
    size, sha256 : int, str
        Of the bytes on disk.
    encoding : str
        Name of a Python codec; ``utf-8-sig`` where a byte order mark was found.
    sniffed : bool
        The encoding was found out, not stated, and is not plain UTF-8.
    lines : int or None
        Physical lines; None where only a reader that decodes can tell (UTF-16, lone carriage returns).
    """

    path: Path
    name: str
    size: int
    sha256: str
    encoding: str
    sniffed: bool
    compression: Compression
    lines: int | None

    @property
    def plain(self) -> bool:
        """Whether it is UTF-8 in a form that DuckDB reads by itself."""
        return self.lines is not None and self.encoding in ("utf-8", "utf-8-sig") and self.compression != "bz2"


def survey(path: Path, *, name: str, encoding: str | None, table: str = "transactions") -> Survey:
    """Read the bytes of a file once, or twice when it is compressed.

    Raises
    ------
    DataError
        The file is empty, an archive or workbook, cut off, or not text in its encoding; names the first line at fault.
    SettingsError
        The stated encoding is not one that Python knows.
    """
    try:
        head, size, sha256 = _digest(path)
    except OSError:
        raise DataError(f"{name} must be readable, but opening it was refused. Correct its permissions.") from None
    if size == 0:
        raise DataError(f"{name} must hold {spoken(table)}, but it is an empty file (0 bytes). Export it again.")
    if head.startswith(b"PK\x03\x04"):
        raise DataError(
            f"{name} must be text or Parquet, but it is a ZIP archive or an Excel workbook. Unpack it, or give the "
            "workbook its own ending (.xlsx)."
        )
    compression: Compression = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "none")
    try:
        start = b"".join(part for _, part in zip(range(1), _blocks(path, compression), strict=False))
        if not start:
            raise DataError(
                f"{name} must hold {spoken(table)}, but it is an empty file when unpacked. Export it again."
            )
        chosen = _codec(start, name=name, stated=encoding, table=table)
        lines = _decoded_lines(path, compression, chosen, name=name, stated=encoding, table=table)
    except (OSError, EOFError):
        raise DataError(
            f"{name} must be a whole {compression} file, but unpacking it failed. Export it again."
        ) from None
    sniffed = encoding is None and chosen != "utf-8"
    return Survey(path, name, size, sha256, chosen, sniffed, compression, lines)


def spoken(table: str) -> str:
    """A table's name within a sentence."""
    return table.replace("_", " ")


@contextmanager
def opened(found: Survey) -> Iterator[TextIO]:
    """Open a surveyed file as text; line ends stay as they are."""
    raw = pa.input_stream(str(found.path), compression=None if found.compression == "none" else found.compression)
    with io.TextIOWrapper(io.BufferedReader(raw), encoding=found.encoding, newline="") as text:
        yield text


def _digest(path: Path) -> tuple[bytes, int, str]:
    digest, size, head = hashlib.sha256(), 0, b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            head = head or block[:8]
            digest.update(block)
            size += len(block)
    return head, size, digest.hexdigest()


def _blocks(path: Path, compression: Compression) -> Iterator[bytes]:
    with pa.input_stream(str(path), compression=None if compression == "none" else compression) as stream:
        while block := stream.read(_BLOCK):
            yield block


def _codec(start: bytes, *, name: str, stated: str | None, table: str) -> str:
    if stated is not None:
        try:
            codec = codecs.lookup(stated).name
        except LookupError:
            raise SettingsError(
                f"tables.{table}.encoding must be an encoding that Python knows, but it is {stated!r}. "
                "Usual ones are 'utf-8', 'utf-16', 'latin-1' and 'cp1252'."
            ) from None
        return "utf-8-sig" if codec == "utf-8" and start.startswith(codecs.BOM_UTF8) else codec
    for mark, codec in _BOMS.items():
        if start.startswith(mark):
            return codec
    if b"\0" in start[:4096]:
        raise DataError(
            f"{name} must be text, but it holds zero bytes and no byte order mark. Usually it is UTF-16; state "
            f"tables.{table}.encoding = 'utf-16-le' (or 'utf-16-be'), or export it as CSV UTF-8."
        )
    return "utf-8"


def _decoded_lines(
    path: Path, compression: Compression, codec: str, *, name: str, stated: str | None, table: str
) -> int | None:
    """Prove that every byte decodes, and count the lines where newlines alone end them."""
    decoder = codecs.getincrementaldecoder(codec)()
    breaks, returns, pairs, last = 0, 0, 0, b""
    for block in _blocks(path, compression):
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            line = breaks + block[: error.start].count(b"\n") + 1
            raise DataError(_undecodable(name, codec, stated, line, table)) from None
        breaks += block.count(b"\n")
        returns += block.count(b"\r")
        pairs += (last + block).count(b"\r\n")
        last = block[-1:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise DataError(_undecodable(name, codec, stated, breaks + 1, table)) from None
    if not codec.startswith("utf-8") or returns != pairs:
        return None
    return breaks + (last != b"\n")


def _undecodable(name: str, codec: str, stated: str | None, line: int, table: str) -> str:
    said = f"the stated {codec}" if stated else "UTF-8"
    return (
        f"{name} must be text in {said}, but line {line} is not. Usually it was exported by Excel or an older system; "
        f"state tables.{table}.encoding = 'latin-1' (or 'cp1252'), or export it as CSV UTF-8."
    )
