// Rows of words as lines, their columns aligned.

/** `toTheRight`: columns of numbers. */
export const toTable = (
  rows: readonly (readonly string[])[],
  toTheRight: readonly number[] = [],
): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const align = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return toTheRight.includes(column) ? cell.padStart(width) : cell.padEnd(width);
  };
  return rows.map((row) => row.map(align).join('  ').trimEnd());
};
