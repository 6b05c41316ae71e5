const paths = {
  run: "M4 2.5v11l9-5.5z",
  stop: "M4 4h8v8H4z",
  record: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2M8 5.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8",
  closer: "M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3M8 6v4M6 8h4",
  plus: "M8 3v10M3 8h10",
  up: "M4 9.5 8 5.5l4 4",
  down: "M4 6.5l4 4 4-4",
  left: "M9.5 4 5.5 8l4 4",
  right: "M6.5 4l4 4-4 4",
  first: "M11.5 4l-4 4 4 4M4.5 4v8",
  last: "M4.5 4l4 4-4 4M11.5 4v8",
  trash: "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.5 8.5h6l.5-8.5",
  copy: "M5.5 5.5h7v7h-7zM3.5 10.5v-7h7",
  panel: "M2.5 3.5h11v9h-11zM6 3.5v9",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z",
  save: "M3 3h8l2 2v8H3zM5.5 3v3.5h4V3M5 13V9.5h6V13",
  download: "M8 2.5v7.5M4.5 7 8 10.5 11.5 7M3 13.5h10",
  search: "M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4M10.2 10.2l3.3 3.3",
  folder: "M2 4h4.5L8 5.5h6V13H2z",
  file: "M4 2.5h5.5L12 5v8.5H4zM9.5 2.5V5H12",
  notebook: "M4 2.5h8.5v11H4zM6.5 2.5v11M2.5 5.5H4M2.5 8H4M2.5 10.5H4",
  info: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2M8 7.2v4M8 4.8v.6",
  warning: "M8 2.5 14.5 13.5h-13zM8 6.5v3.2M8 11.2v.6",
  problem: "M5.6 2.2h4.8l3.4 3.4v4.8l-3.4 3.4H5.6l-3.4-3.4V5.6zM5.8 5.8l4.4 4.4M10.2 5.8 5.8 10.2",
  settings: "M2.5 4.5h6M11.5 4.5h2M2.5 11.5h2M7.5 11.5h6M10 3v3M6 10v3",
  keys: "M2 4.5h12v7H2zM4.5 7h.6M7.7 7h.6M10.9 7h.6M5 9.5h6",
  restart: "M12.7 6A5 5 0 1 0 13 8.6M13 3v3.2H9.8",
  close: "M4 4l8 8M12 4l-8 8",
  grip: "M6 3.5v.6M10 3.5v.6M6 7.7v.6M10 7.7v.6M6 11.9v.6M10 11.9v.6",
  above: "M3 2.5h10M8 13.5v-8M4.8 8.7 8 5.5l3.2 3.2",
  again: "M2.5 4v8l5-4zM8.5 4v8l5-4z",
  reset: "M3 3.5v3.5h3.5M3.3 7A5 5 0 1 1 3.6 10",
} as const;

export type IconName = keyof typeof paths;

/** Icon is a line drawing in the color of the text around it; words say what it means. */
export function Icon({ name }: { name: IconName }) {
  const solid = name === "run" || name === "stop";
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} fill={solid ? "currentColor" : "none"} stroke={solid ? "none" : "currentColor"}
        stroke-width="1.3" stroke-linejoin="round" stroke-linecap="round" />
    </svg>
  );
}
