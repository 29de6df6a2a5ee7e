"""Build and install posefix_mm.

MMEngine and MIM look for a package's configs and tools in a folder ``.mim``
inside of it. A wheel gets real copies there; an editable install gets links
to the folders at the top of this repository.
"""

import os
import re
import shutil
from pathlib import Path
from typing import Dict, List

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.develop import develop

ROOT = Path(__file__).resolve().parent
PACKAGE = 'posefix_mm'
MIM_CONTENT = ('configs', 'tools', 'model-index.yml')
IGNORED = shutil.ignore_patterns('__pycache__', '*.pyc')


def read_version() -> str:
    """Read ``__version__`` without importing the package."""
    text = (ROOT / PACKAGE / 'version.py').read_text(encoding='utf-8')
    match = re.search(r"^__version__ = '([^']+)'$", text, re.MULTILINE)
    if match is None:
        raise RuntimeError(f'no __version__ in {PACKAGE}/version.py')
    return match.group(1)


def read_readme() -> str:
    """Read the long description; a checkout may not have one yet."""
    path = ROOT / 'README.md'
    return path.read_text(encoding='utf-8') if path.is_file() else ''


def read_requirements(name: str) -> List[str]:
    """Read ``requirements/NAME.txt``.

    Args:
        name: File name without the suffix.

    Returns:
        One requirement per entry, comments left out.
    """
    path = ROOT / 'requirements' / f'{name}.txt'
    lines = (line.partition('#')[0].strip()
             for line in path.read_text(encoding='utf-8').splitlines())
    return [line for line in lines if line]


def read_extras() -> Dict[str, List[str]]:
    """Collect the optional requirements, and ``all`` of them."""
    optional = ('browser', 'formats', 'onnx', 'openvino', 'photos',
                'tensorboard', 'tensorflow')
    extras = {
        **{name: read_requirements(name) for name in optional},
        'test': read_requirements('tests'),
        'lint': read_requirements('lint'),
    }
    extras['all'] = sorted({one for some in extras.values() for one in some})
    return extras


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.is_symlink() or path.exists():
        path.unlink()


def copy_mim_folder(package_dir: Path) -> None:
    """Copy configs, tools and the model index into ``.mim``.

    Args:
        package_dir: Folder of the package in the build tree.
    """
    mim = package_dir / '.mim'
    # A build folder that is used again may hold files deleted since.
    remove(mim)
    mim.mkdir(parents=True)
    for name in MIM_CONTENT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, mim / name, ignore=IGNORED)
        else:
            shutil.copy2(source, mim / name)


def link_mim_folder() -> None:
    """Link configs, tools and the model index in the source tree."""
    mim = ROOT / PACKAGE / '.mim'
    remove(mim)
    mim.mkdir()
    for name in MIM_CONTENT:
        (mim / name).symlink_to(os.path.join('..', '..', name))


class BuildPy(build_py):
    """Also fill ``.mim``: links if editable, copies otherwise."""

    def run(self) -> None:
        """Build the modules, then ``.mim``."""
        super().run()
        if getattr(self, 'editable_mode', False):
            link_mim_folder()
        else:
            copy_mim_folder(Path(self.build_lib) / PACKAGE)


class Develop(develop):
    """Also link ``.mim``: setuptools before 64 does not run build_py."""

    def run(self) -> None:
        """Link ``.mim``, then install."""
        link_mim_folder()
        super().run()


setup(
    name=PACKAGE,
    version=read_version(),
    description='PoseFix, model-agnostic human pose refinement, for MMPose',
    long_description=read_readme(),
    long_description_content_type='text/markdown',
    keywords='computer vision, pose estimation, pose refinement, mmpose',
    license='Apache-2.0',
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    include_package_data=True,
    python_requires='>=3.11',
    install_requires=read_requirements('runtime'),
    extras_require=read_extras(),
    entry_points={'console_scripts': ['posefix = posefix_mm.cli:main']},
    cmdclass={
        'build_py': BuildPy,
        'develop': Develop,
    },
    classifiers=[
        'Development Status :: 4 - Beta',
        'Intended Audience :: Science/Research',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Programming Language :: Python :: 3.13',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
    zip_safe=False)
