/** Small drawings in the text's own colour. Words stand beside each, so none has a name. */

const DRAWINGS = {
  lock: "M7 10V7a5 5 0 0 1 10 0v3M5.5 10h13v10h-13zM12 14v2.5",
  done: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12.3l2.8 2.8L16 9.6",
  attention: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5v5.5M12 16.3v.2",
};

export function Icon({ name }: { name: keyof typeof DRAWINGS }) {
  return (
    <svg viewBox="0 0 24 24" className="icon" aria-hidden="true">
      <path d={DRAWINGS[name]} />
    </svg>
  );
}

/** The product's mark, as in app/icon.svg: a hand's cup below what is given. */
export function Mark() {
  return (
    <svg viewBox="0 0 32 32" className="mark" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <circle cx="16" cy="10.5" r="4" />
      <path d="M6.5 17.5a9.5 9.5 0 0 0 19 0" />
    </svg>
  );
}
