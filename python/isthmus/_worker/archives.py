"""Archives of the program (``add_python_archive``), unpacked for the functions of a worker.

Functions read them by paths relative to the working directory, so the folder that holds them becomes it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

#: As PyFlink tells them: what a zip file may be called besides ``.zip``.
_ZIPPED = (".jar", ".whl", ".egg")


def unpacked(archives: list[list[str]]) -> str:
    """The folder with the archives, each in a folder of its target name; it goes when the worker ends.

    Raises:
        Exception: An archive is not there, or is of a kind that cannot be unpacked; its path is in the text.
    """
    folder = tempfile.mkdtemp(prefix="isthmus-archives-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for path, target in archives:
        kind = "zip" if path.endswith(_ZIPPED) else None
        try:
            shutil.unpack_archive(path, os.path.join(folder, target), kind)
        except (OSError, shutil.ReadError) as e:
            raise Exception(f"The archive {path!r} of add_python_archive cannot be unpacked: {e}") from e
    return folder
