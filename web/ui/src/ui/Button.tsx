import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";

export interface ButtonProps {
  /** label is what the button does; it is read out and shown on hover. */
  label: string;
  icon?: IconName;
  /** keys are the keys that do the same. */
  keys?: string;
  primary?: boolean;
  disabled?: boolean;
  pressed?: boolean;
  onClick: () => void;
  children?: ComponentChildren;
}

/** Button is an icon, words, or both. */
export function Button({ label, icon, keys, primary, disabled, pressed, onClick, children }: ButtonProps) {
  const title = keys ? `${label} (${keys})` : label;
  return (
    <button type="button" class={primary ? "button primary" : "button"} title={title} aria-label={children ? undefined : label}
      aria-pressed={pressed} disabled={disabled}
      onClick={(e) => { e.stopPropagation(); onClick(); }}>
      {icon && <Icon name={icon} />}
      {children && <span>{children}</span>}
    </button>
  );
}
