/**
 * The page's script: it lights up a field's name and its bytes together, by the pointer and by the keys. It reads nothing
 * but the numbers of fields and puts no text into the page.
 *
 * Each list of fields becomes a listbox with one tab stop; arrows, Home and End go through it, Enter or a click keeps a
 * field lit, Escape lets go.
 */

export const script = `
let resting;
const moves = ({ screenX, screenY }) => {
  const before = resting;
  resting = screenX + ',' + screenY;
  return resting !== before;
};
const layers = document.querySelectorAll('.layer');
for (const layer of layers) {
  const list = layer.querySelector('.fields');
  const pane = layer.querySelector('.bytes');
  const rows = [...list.children];
  let kept;
  const span = (element) => {
    const [from, to = from] = element.dataset.f.split('-').map(Number);
    return [from, to];
  };
  const light = (element) => {
    for (const lit of layer.querySelectorAll('.on')) lit.classList.remove('on');
    for (const row of rows) row.setAttribute('aria-selected', 'false');
    if (!element) return;
    const [from, to] = span(element);
    for (const byte of pane.children) {
      const f = Number(byte.dataset.f);
      byte.classList.toggle('on', f >= from && f <= to);
    }
    const row = element.matches('.row') ? element : rows.find((each) => each.dataset.f === element.dataset.f);
    row.classList.add('on');
    row.setAttribute('aria-selected', 'true');
    const byte = pane.querySelector('.on');
    if (byte && element === row) pane.scrollTop += byte.getBoundingClientRect().top - pane.getBoundingClientRect().top - pane.clientHeight / 3;
    return row;
  };
  const target = (event) => event.target.closest?.('[data-f]');
  const settle = () => light(kept);
  const reach = (row) => {
    for (const each of rows) each.tabIndex = each === row ? 0 : -1;
  };
  const keep = (element) => {
    const row = light(element);
    kept = row;
    reach(row);
    return row;
  };
  list.setAttribute('role', 'listbox');
  for (const row of rows) row.setAttribute('role', 'option');
  if (rows.length > 0) reach(rows[0]);
  settle();
  layer.addEventListener('pointermove', (event) => {
    // A page that scrolls beneath a pointer at rest is no reason to take the light from where the keys have it.
    if (event.pointerType !== 'touch' && moves(event) && target(event)) light(target(event));
  });
  layer.addEventListener('pointerleave', settle);
  layer.addEventListener('focusin', (event) => {
    if (event.target.matches('.row')) keep(event.target);
  });
  layer.addEventListener('click', (event) => {
    if (target(event)) keep(target(event)).scrollIntoView({ block: 'nearest' });
  });
  list.addEventListener('keydown', (event) => {
    const at = rows.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (event.key === 'Escape') { kept = undefined; settle(); }
    if (to === undefined || !rows[to]) return;
    event.preventDefault();
    rows[to].focus();
  });
}
`;
