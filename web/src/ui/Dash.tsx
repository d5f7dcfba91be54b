/** Stands where there is nothing to tell, so that a cell is seen to be empty. */
export function Dash() {
  return <span className="muted">–</span>;
}
