'use strict';
(() => {
  const root = document.documentElement;

  // ---- theme: the system's until the button is used
  const button = document.getElementById('theme');
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const memory = {
    get() { try { return localStorage.getItem('theme'); } catch { return null; } },
    set(value) { try { localStorage.setItem('theme', value); } catch { /* private */ } },
  };
  const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches);
  const label = () => { button.textContent = isDark() ? 'Light' : 'Dark'; };
  const stored = memory.get();
  if (stored === 'light' || stored === 'dark') root.dataset.theme = stored;
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    memory.set(root.dataset.theme);
    label();
  });
  dark.addEventListener('change', label);
  button.hidden = false;
  label();

  // ---- sliders
  for (const slider of document.querySelectorAll('.compare input')) {
    const show = () => {
      slider.parentElement.style.setProperty('--split', `${slider.value}%`);
      slider.setAttribute('aria-valuetext', `${slider.value}% before`);
    };
    slider.addEventListener('input', show);
    show();
  }

  // ---- filter
  const form = document.getElementById('filter');
  const count = document.getElementById('count');
  const nobody = document.getElementById('nobody');
  const cards = [...document.querySelectorAll('.card')];
  const has = (card, when, error) => card.dataset[when].split(' ').includes(error);
  const tests = {
    before: (card, error) => has(card, 'before', error),
    after: (card, error) => has(card, 'after', error),
    either: (card, error) => has(card, 'before', error) || has(card, 'after', error),
    fixed: (card, error) => has(card, 'before', error) && !has(card, 'after', error),
    new: (card, error) => !has(card, 'before', error) && has(card, 'after', error),
  };
  // "any" error still means what the list beside it says
  const anyError = ['jitter', 'inversion', 'swap', 'miss'];
  const matches = (card, error, when) => {
    if (!when || (!error && when === 'either')) return true;
    return (error ? [error] : anyError).some((name) => tests[when](card, name));
  };
  const apply = () => {
    const choice = new FormData(form);
    const error = choice.get('error');
    const group = choice.get('group');
    let shown = 0;
    for (const card of cards) {
      const here = !group || card.closest('.group').dataset.group === group;
      card.hidden = !(here && matches(card, error, choice.get('when')));
      shown += card.hidden ? 0 : 1;
    }
    for (const section of document.querySelectorAll('.group')) {
      section.hidden = !section.querySelector('.card:not([hidden])');
    }
    root.classList.toggle('annotated', choice.get('truth') !== null);
    count.textContent = `${shown} of ${cards.length} people`;
    nobody.hidden = shown > 0;
  };
  form.addEventListener('change', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.hidden = cards.length === 0;
  form.reset(); // some browsers keep a form's state across reloads
  apply();
})();
