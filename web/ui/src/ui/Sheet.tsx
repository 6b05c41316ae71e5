import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { overlay } from "../state/overlay";

/** Sheet lies over the page; Escape and a click beside it put it away. */
export function Sheet({ label, children }: { label: string; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = () => (overlay.value = "none");
  return (
    <dialog ref={dialog} class="sheet" aria-label={label} onClose={close} onCancel={close}
      onClick={(e) => { if (e.target === dialog.current) close(); }}>
      {children}
    </dialog>
  );
}
