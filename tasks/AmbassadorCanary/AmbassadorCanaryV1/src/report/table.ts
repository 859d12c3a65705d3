/** A column of a table: its heading, and whether its cells end or begin under it. */
export interface Column {
  readonly heading: string;
  readonly align: 'left' | 'right';
}

/** Rows as aligned lines under their headings, two blanks between columns. A column without any content is left out. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const shown = columns
    .map((column, index) => ({ ...column, index, cells: rows.map(row => row[index] ?? '') }))
    .filter(({ cells }) => cells.some(cell => cell !== ''))
    .map(column => ({
      ...column,
      width: Math.max(column.heading.length, ...column.cells.map(cell => cell.length)),
    }));
  const line = (cellOf: (column: (typeof shown)[number]) => string) =>
    shown
      .map(column => {
        const cell = cellOf(column);
        return column.align === 'right' ? cell.padStart(column.width) : cell.padEnd(column.width);
      })
      .join('  ')
      .trimEnd();
  return [line(({ heading }) => heading), ...rows.map((_, row) => line(({ cells }) => cells[row] ?? ''))];
}
