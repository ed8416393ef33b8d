export function KeyMark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className="mark-ground" width="32" height="32" rx="8" />
      <g className="mark-line">
        <circle cx="11.5" cy="16" r="4.5" />
        <path d="M16 16h10M22.5 16v4" />
      </g>
    </svg>
  );
}
