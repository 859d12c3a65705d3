/**
 * Light or dark, by the background that the host's theme has given; alone, by what the reader's system prefers. Our own colours of
 * verdicts follow, since those of the host are too pale for text.
 */
export function followTheme(): void {
  const apply = () => {
    const told = getComputedStyle(document.documentElement).getPropertyValue('--background-color').trim();
    const dark = told === '' ? matchMedia('(prefers-color-scheme: dark)').matches : isDark(told);
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  };
  apply();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
  window.addEventListener('themeApplied', apply);
}

function isDark(colour: string): boolean {
  const probe = document.createElement('span');
  probe.style.color = colour;
  document.body.append(probe);
  const [red = 255, green = 255, blue = 255] =
    getComputedStyle(probe)
      .color.match(/[\d.]+/g)
      ?.map(Number) ?? [];
  probe.remove();
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
}
