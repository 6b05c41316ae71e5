import { render } from "preact";
import { takeToken } from "./api/token";
import { App } from "./App";
import { prefetchCharts } from "./charts/prefetch";
import { startKeyboard } from "./notebook/keyboard";
import { followNotebook } from "./state/artifacts";
import { startClock } from "./state/clock";
import { drafts } from "./state/notebook";
import { startRoute } from "./state/route";
import { keepSelection } from "./state/selection";
import { startTheme } from "./state/settings";
import { loadWorkbench } from "./state/workbench";
import { copyExact } from "./tables/copy";
import "./styles/variables.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/panel.css";
import "./styles/cell.css";
import "./styles/form.css";
import "./styles/table.css";
import "./styles/chart.css";
import "./styles/sheet.css";
import "./styles/capture.css";

takeToken();
startTheme();
startKeyboard();
startClock();
keepSelection();
followNotebook();
document.addEventListener("copy", copyExact);
addEventListener("beforeunload", (e) => { if (drafts.any.peek()) { void drafts.flushAll(); e.preventDefault(); } });

render(<App />, document.getElementById("page")!);
// An address that names a notebook needs nothing else to begin with.
if (location.pathname.startsWith("/notebooks/")) startRoute();
prefetchCharts();
void loadWorkbench().then(() => { if (!location.pathname.startsWith("/notebooks/")) startRoute(); });
