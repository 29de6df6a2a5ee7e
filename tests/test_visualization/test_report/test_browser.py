"""The page in a real browser, without a window and without a network.

Skipped where there is no Chromium, or not what drives it: `apt-get install
chromium`, `pip install posefix_mm[test]`.
"""

import shutil
from pathlib import Path
from typing import Iterator

import numpy as np
import pytest

from posefix_mm.visualization.report import write_report

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
playwright = pytest.importorskip(
    'playwright.sync_api', reason='playwright is not installed')
axe = pytest.importorskip(
    'axe_playwright_python.sync_playwright',
    reason='axe-playwright-python is not installed')
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason='Chromium is not installed')

FLAGS = [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update',
    '--disable-sync'
]
PHONE = dict(width=390, height=844)


@pytest.fixture(scope='module')
def browser() -> Iterator:
    with playwright.sync_playwright() as driver:
        # a profile of its own, empty, is playwright's default
        running = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


class Tab:
    """A page, and all that went wrong in it."""

    def __init__(self, browser, path: Path, **options) -> None:
        self.context = browser.new_context(offline=True, **options)
        self.page = self.context.new_page()
        self.problems = []
        self.requests = []
        self.page.on(
            'console', lambda m: self.problems.append(m.text)
            if m.type in ('error', 'warning') else None)
        self.page.on('pageerror', lambda e: self.problems.append(str(e)))
        self.page.on('request', lambda r: self.requests.append(r.url[:60]))
        self.page.goto(path.as_uri())

    def shown(self) -> int:
        return self.page.locator('.card:visible').count()


@pytest.fixture
def tab(browser, page) -> Iterator[Tab]:
    opened = Tab(browser, page)
    yield opened
    opened.context.close()
    assert opened.problems == []


@pytest.fixture(scope='module')
def bare_page(files, tmp_path_factory) -> Path:
    """Without annotations."""
    return write_report(
        files.before,
        files.after,
        files.img_dir,
        tmp_path_factory.mktemp('bare'),
        people=3)


def test_loads_nothing_else(tab, page) -> None:
    assert tab.page.title().startswith('What refinement did to')
    outside = [r for r in tab.requests if not r.startswith('data:')]
    assert outside == [page.as_uri()[:60]]
    assert tab.page.evaluate(
        '[...document.images].every(i => i.complete && i.naturalWidth)')


def split(compare) -> str:
    return compare.evaluate('e => getComputedStyle(e.children[2]).clipPath')


def test_slider_by_mouse(tab) -> None:
    compare = tab.page.locator('.compare').first
    assert split(compare) == 'inset(0px 0px 0px 50%)'
    compare.scroll_into_view_if_needed()
    box = compare.bounding_box()
    tab.page.mouse.move(box['x'] + box['width'] / 2, box['y'] + 60)
    tab.page.mouse.down()
    tab.page.mouse.move(box['x'] + box['width'] * .85, box['y'] + 70)
    tab.page.mouse.up()
    value = int(compare.locator('input').input_value())
    assert 75 < value < 95
    assert split(compare) == f'inset(0px 0px 0px {value}%)'


def test_slider_by_keyboard(tab) -> None:
    compare = tab.page.locator('.compare').nth(1)
    slider = compare.locator('input')
    slider.focus()
    for key in ('Home', 'ArrowRight', 'ArrowRight'):
        tab.page.keyboard.press(key)
    assert slider.input_value() == '2'
    assert slider.get_attribute('aria-valuetext') == '2% before'
    assert split(compare) == 'inset(0px 0px 0px 2%)'
    # the others stay
    assert split(tab.page.locator('.compare').first).endswith(' 50%)')


def test_filter_by_mouse(tab) -> None:
    cards = tab.page.locator('.card')
    before, after = (
        cards.evaluate_all(f'all => all.map(c => c.dataset.{name}.split(" "))')
        for name in ('before', 'after'))
    has = np.array([['inversion' in names for names in side]
                    for side in (before, after)])
    assert 0 < has.any(0).sum() < len(before)
    tab.page.locator('label', has_text='inversion').click()
    assert tab.shown() == has.any(0).sum()
    for when, expected in (('before', has[0]), ('after', has[1]),
                           ('fixed', has[0] & ~has[1]), ('new',
                                                         has[1] & ~has[0])):
        tab.page.select_option('select[name=when]', when)
        assert tab.shown() == expected.sum(), when
    assert tab.page.inner_text('#count') == (
        f'{expected.sum()} of {len(before)} people')


def test_filter_by_keyboard(tab) -> None:
    tab.page.locator('input[name=group]').first.focus()
    tab.page.keyboard.press('ArrowRight')
    assert tab.page.locator('.group:visible').count() == 1
    assert tab.page.locator('.group:visible').get_attribute(
        'data-group') == 'improved'
    assert tab.shown() == 3
    tab.page.keyboard.press('Tab')
    tab.page.keyboard.press('ArrowRight')
    checked = tab.page.locator('input[name=error]:checked')
    assert checked.get_attribute('value') == 'jitter'


def test_nobody_left(tab) -> None:
    tab.page.locator('label', has_text='swap').click()
    tab.page.select_option('select[name=when]', 'new')
    assert tab.shown() == 0
    assert tab.page.locator('#nobody').is_visible()
    assert tab.page.inner_text('#count').startswith('0 of ')


def test_annotation_is_shown_on_demand(tab) -> None:
    layer = tab.page.locator('.annotation').first
    assert not layer.is_visible()
    tab.page.get_by_label('show the annotation').check()
    assert layer.is_visible()


def background(tab: Tab) -> str:
    return tab.page.evaluate('getComputedStyle(document.body).backgroundColor')


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_theme_follows_the_system_until_it_is_chosen(browser, page,
                                                     scheme) -> None:
    tab = Tab(browser, page, color_scheme=scheme)
    colors = dict(light='rgb(251, 250, 248)', dark='rgb(22, 24, 26)')
    other = 'dark' if scheme == 'light' else 'light'
    assert background(tab) == colors[scheme]
    assert tab.page.inner_text('#theme') == other.capitalize()
    tab.page.locator('#theme').press('Enter')
    assert background(tab) == colors[other]
    tab.page.reload()
    assert background(tab) == colors[other]
    assert tab.problems == []
    tab.context.close()


@pytest.mark.parametrize('annotated', [True, False])
@pytest.mark.parametrize(('scheme', 'viewport'), [('light', None),
                                                  ('dark', None),
                                                  ('light', PHONE)])
def test_accessibility(browser, page, bare_page, annotated, scheme,
                       viewport) -> None:
    """No serious or critical fault that axe can find."""
    tab = Tab(
        browser,
        page if annotated else bare_page,
        color_scheme=scheme,
        **({
            'viewport': viewport
        } if viewport else {}))
    found = axe.Axe().run(tab.page).response
    assert len(found['passes']) > 20
    grave = [(fault['id'], fault['nodes'][0]['html'])
             for fault in found['violations']
             if fault['impact'] in ('serious', 'critical')]
    assert grave == []
    assert tab.problems == []
    tab.context.close()


def test_phone(browser, page, tmp_path) -> None:
    """Nothing is wider than the screen; sliders leave room to scroll."""
    tab = Tab(browser, page, viewport=PHONE, has_touch=True, is_mobile=True)
    width = tab.page.evaluate('document.documentElement.scrollWidth')
    assert width == PHONE['width']
    slider = tab.page.locator('.compare input').first
    assert slider.evaluate('e => getComputedStyle(e).touchAction') == 'pan-y'
    assert tab.page.locator('.card').first.bounding_box()['width'] > 130
    tab.context.close()


def test_screenshot_shows_the_poses(tab, tmp_path) -> None:
    """The side before is drawn left of the line, the side after right."""
    import cv2
    compare = tab.page.locator('.compare').first
    slider = compare.locator('input')
    pictures = []
    for key in ('Home', 'End'):
        slider.press(key)
        compare.screenshot(path=str(tmp_path / f'{key}.png'))
        pictures.append(cv2.imread(str(tmp_path / f'{key}.png')).astype(int))
    different = np.abs(pictures[0] - pictures[1]).max(-1) > 40
    assert .005 < different.mean() < .5
    tab.problems.clear()  # the screenshot's own style is refused


def test_without_annotations(browser, bare_page) -> None:
    tab = Tab(browser, bare_page)
    assert tab.shown() == 6
    tab.page.locator('label', has_text='random').click()
    assert tab.shown() == 3
    assert tab.page.locator('select').count() == 0
    assert tab.problems == []
    tab.context.close()
