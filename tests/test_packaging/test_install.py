"""What an sdist, a wheel and an editable build hold, and that they work."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import List, Set

import pytest

ROOT = Path(__file__).resolve().parents[2]
TREE = ('LICENSE', 'MANIFEST.in', 'README.md', 'configs', 'model-index.yml',
        'posefix_mm', 'pyproject.toml', 'requirements', 'setup.py', 'tools')
CLEAN = shutil.ignore_patterns('__pycache__', '*.pyc', '.mim')
PIP = (sys.executable, '-m', 'pip', '--disable-pip-version-check')


def run(*command: str, cwd: Path, pythonpath: Path = None) -> str:
    """Run a command and return its output; fail with it if it fails."""
    environment = dict(os.environ)
    environment.pop('PYTHONPATH', None)
    if pythonpath is not None:
        environment['PYTHONPATH'] = str(pythonpath)
    result = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True)
    assert result.returncode == 0, result.stdout
    return result.stdout


def files_under(folder: Path, *suffixes: str) -> Set[str]:
    """List files by their path below a folder, caches left out."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob('*')
        if path.is_file() and path.suffix in suffixes
    }


def leaf_configs(root: Path = ROOT) -> List[str]:
    """List the configs that nothing inherits, relative to ``configs``."""
    configs = root / 'configs'
    return sorted(
        name for name in files_under(configs, '.py')
        if not any(part.startswith('_') for part in Path(name).parts))


@pytest.fixture(scope='module')
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what the repository holds, so that builds leave nothing there."""
    folder = tmp_path_factory.mktemp('tree')
    for name in TREE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=CLEAN)
        elif source.is_file():
            shutil.copy2(source, folder / name)
    return folder


@pytest.fixture(scope='module')
def sdist(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source distribution."""
    folder = tmp_path_factory.mktemp('sdist')
    code = 'import sys, setuptools.build_meta as b; b.build_sdist(sys.argv[1])'
    run(sys.executable, '-c', code, str(folder), cwd=tree)
    return next(folder.glob('*.tar.gz'))


@pytest.fixture(scope='module')
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, from the sdist so that this is tested as well."""
    folder = tmp_path_factory.mktemp('wheel')
    run(*PIP,
        'wheel',
        '--no-deps',
        '--no-build-isolation',
        '--no-cache-dir',
        '--wheel-dir',
        str(folder),
        str(sdist),
        cwd=folder)
    return next(folder.glob('*.whl'))


@pytest.fixture(scope='module')
def target(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel somewhere else."""
    folder = tmp_path_factory.mktemp('target')
    run(*PIP,
        'install',
        '--no-deps',
        '--target',
        str(folder),
        str(wheel),
        cwd=folder)
    return folder


def read_version() -> str:
    """Read the version from the source tree."""
    values = {}
    exec((ROOT / 'posefix_mm' / 'version.py').read_text(), values)
    return values['__version__']


def test_there_is_a_config() -> None:
    assert leaf_configs(), 'the tests below need a config to look up'


def test_sdist_holds_what_mim_and_a_build_need(tree: Path,
                                               sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition('/')[2] for name in archive.getnames()}
    expected = {
        'LICENSE', 'model-index.yml', 'requirements/mminstall.txt',
        'requirements/runtime.txt', 'tools/train.py', 'tools/dist_train.sh'
    }
    assert expected <= names
    assert {f'configs/{name}' for name in leaf_configs(tree)} <= names
    assert not any('.mim' in name for name in names)


@pytest.mark.parametrize(('name', 'suffixes'), [
    ('configs', ('.py', '.yml', '.md')),
    ('tools', ('.py', '.sh')),
])
def test_wheel_holds_folder(name: str, suffixes: tuple, tree: Path,
                            target: Path) -> None:
    found = files_under(target / 'posefix_mm' / '.mim' / name, *suffixes)
    assert found == files_under(tree / name, *suffixes)


def test_wheel_holds_all_modules(tree: Path, target: Path) -> None:
    found, expected = ({
        name
        for name in files_under(folder / 'posefix_mm', '.py')
        if not name.startswith('.mim')
    } for folder in (target, tree))
    assert found == expected


def test_wheel_installs_one_package_only(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition('/')[0] for name in archive.namelist()}
    version = read_version()
    assert tops == {'posefix_mm', f'posefix_mm-{version}.dist-info'}


def test_metadata_leaves_openmmlab_alone(wheel: Path) -> None:
    version = read_version()
    with zipfile.ZipFile(wheel) as archive:
        path = f'posefix_mm-{version}.dist-info/METADATA'
        metadata = Parser().parsestr(archive.read(path).decode())
    needed = {
        line for line in metadata.get_all('Requires-Dist')
        if 'extra ==' not in line
    }
    assert metadata['Version'] == version
    assert needed == {
        'Jinja2>=3', 'matplotlib', 'msgspec>=0.18', 'numpy', 'orjson',
        'pillow', 'pycocotools', 'rich', 'scipy'
    }
    assert set(metadata.get_all('Provides-Extra')) == {
        'all', 'browser', 'formats', 'lint', 'onnx', 'openvino', 'photos',
        'tensorboard', 'tensorflow', 'test'
    }


HUB = """
import sys
import posefix_mm
from mmengine.hub import get_config, get_model
from mmengine.runner import load_checkpoint

home, name = sys.argv[1:]
assert posefix_mm.__file__.startswith(home), posefix_mm.__file__
name = 'posefix_mm::' + name
path = get_config(name, pretrained=True).model_path
model = get_model(name, pretrained=True)
other = get_model(name)
assert type(model).__name__ == 'PoseRefiner'
before = other.head.final_layer.weight.clone()
load_checkpoint(other, path)
assert not before.equal(other.head.final_layer.weight)
wanted = other.state_dict()
assert all(v.equal(wanted[k]) for k, v in model.state_dict().items())
print(path)
"""


def test_hub_finds_the_weights_of_an_installed_package(
        target: Path, tmp_path: Path) -> None:
    """From any folder, by MMEngine's ``get_config`` and ``get_model``."""
    pytest.importorskip('timm')
    name = 'posefix_lite0_1xb32-16e_lspet-192x144'
    output = run(
        sys.executable,
        '-P',
        '-W',
        'ignore',
        '-c',
        HUB,
        str(target),
        f'body_2d_keypoint/posefix/lspet/{name}.py',
        cwd=tmp_path,
        pythonpath=target)
    assert output.splitlines()[-1].endswith(f'/{name}.pth')


# MMEngine marks what comes from another package with a ``_scope_``.
LOOK_UP = """
import runpy, sys
import posefix_mm, posefix_mm.version
from mmengine.config import Config
from mmengine.hub import get_config

def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k != '_scope_'}
    return [plain(v) for v in value] if isinstance(value, list) else value

home, name, reference, child = sys.argv[1:]
assert posefix_mm.__file__.startswith(home), posefix_mm.__file__
print(posefix_mm.version.__version__)
wanted = Config.fromfile(reference).to_dict()
assert get_config('posefix_mm::' + name).to_dict() == wanted, 'get_config'
inherited = plain(Config.fromfile(child).to_dict())
assert inherited == {**plain(wanted), 'extra': 1}, '_base_'
sys.argv[1:] = ['--help']
runpy.run_path(home + '/posefix_mm/.mim/tools/test.py', run_name='__main__')
"""


def look_up(home: Path, tree: Path, folder: Path) -> str:
    """Use what the package installed or linked in ``home`` brings.

    Args:
        home: Folder that the package is found in.
        tree: Source tree that it was made of.
        folder: Empty folder to work in.

    Returns:
        The version, and the help text of a tool.
    """
    name = leaf_configs(tree)[0]
    child = folder / 'child.py'
    child.write_text(f"_base_ = 'posefix_mm::{name}'\nextra = 1\n")
    return run(
        sys.executable,
        '-P',
        '-c',
        LOOK_UP,
        str(home),
        name,
        str(tree / 'configs' / name),
        str(child),
        cwd=folder,
        pythonpath=home)


def test_installed_package_finds_configs_and_tools(tree: Path, target: Path,
                                                   tmp_path: Path) -> None:
    output = look_up(target, tree, tmp_path)
    assert read_version() in output.split()
    assert 'usage: test.py' in output


def test_editable_package_finds_configs_and_tools(tree: Path,
                                                  tmp_path: Path) -> None:
    code = ('import sys, setuptools.build_meta as b; '
            'b.build_editable(sys.argv[1])')
    for _ in range(2):  # the second finds the links of the first
        run(sys.executable, '-c', code, str(tmp_path), cwd=tree)
    mim = tree / 'posefix_mm' / '.mim'
    assert (mim / 'configs').is_symlink()
    assert (mim / 'tools' / 'train.py').samefile(tree / 'tools' / 'train.py')
    assert (mim / 'model-index.yml').is_file()
    assert 'usage: test.py' in look_up(tree, tree, tmp_path)
