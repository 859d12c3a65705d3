/**
 * Draws anew what changed while somebody reads it: what was unfolded stays unfolded, and what had the focus has it again. Elements
 * are known by their `data-key`.
 */
export function keepPlace(root: HTMLElement, draw: () => void): void {
  const folds = new Map([...root.querySelectorAll('details')].map(box => [box.dataset.key, box.open]));
  const focused = root.contains(document.activeElement)
    ? (document.activeElement as HTMLElement).dataset.key
    : undefined;
  draw();
  for (const box of root.querySelectorAll('details')) {
    const open = folds.get(box.dataset.key);
    if (open !== undefined) box.open = open;
  }
  if (focused === undefined) return;
  const again = [...root.querySelectorAll<HTMLElement>('[data-key]')].find(
    ({ dataset }) => dataset.key === focused,
  );
  again?.focus({ preventScroll: true });
}
