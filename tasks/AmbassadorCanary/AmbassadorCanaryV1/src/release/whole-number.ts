/** `1 204`: thousands apart, as in all figures we show. */
export function wholeNumber(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}
