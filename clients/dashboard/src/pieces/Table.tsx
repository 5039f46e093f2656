import type { ReactNode } from "react";

export interface Column<Row> {
  /** Empty for a column of buttons. */
  head: string;
  cell: (row: Row) => ReactNode;
  /** Numbers, and buttons in the last column. */
  end?: boolean;
}

/**
 * A table; where there is little room each row becomes a card with the columns' heads as labels. The roles are said because
 * browsers forget them where a table is laid out as blocks. `caption` is for those who don't see it.
 */
export function Table<Row>({ caption, columns, rows, id }: {
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  id: (row: Row) => string;
}) {
  const cellClass = (column: Column<Row>) => (column.end === true ? "end number" : undefined);
  return (
    <div className="table-box">
      <table className="table" role="table">
        <caption className="hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column, at) => (
              <th key={at} role="columnheader" scope="col" className={cellClass(column)}>
                {column.head === "" ? <span className="hidden">Actions</span> : column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={id(row)} role="row">
              {columns.map((column, at) => (
                <td key={at} role="cell" className={cellClass(column)} data-head={column.head}>
                  <div>{column.cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
