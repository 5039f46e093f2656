import type { ReactNode } from "react";

export interface Column<Row> {
  head: string;
  cell: (row: Row) => ReactNode;
  /** Numbers, and buttons in the last column. */
  end?: boolean;
}

/** A table that scrolls sideways by itself where it is too wide. `caption` is for those who don't see it. */
export function Table<Row>({ caption, columns, rows, id }: {
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  id: (row: Row) => string;
}) {
  const cellClass = (column: Column<Row>) => (column.end === true ? "end number" : undefined);
  return (
    <div className="table-box">
      <table className="table">
        <caption className="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th key={at} scope="col" className={cellClass(column)}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={id(row)}>
              {columns.map((column, at) => (
                <td key={at} className={cellClass(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
