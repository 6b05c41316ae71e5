// The parts of ECharts that the page draws with. This module is its own chunk and
// loads when the first chart comes into view.

import { BarChart, HeatmapChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent, DataZoomInsideComponent, GridComponent, LegendComponent, LegendScrollComponent, TooltipComponent,
  VisualMapContinuousComponent,
} from "echarts/components";
import { init, use, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { LabelLayout, LegacyGridContainLabel } from "echarts/features";

use([
  BarChart, HeatmapChart, LineChart, PieChart, ScatterChart, AriaComponent, DataZoomInsideComponent, GridComponent,
  LegendComponent, LegendScrollComponent, TooltipComponent, VisualMapContinuousComponent, CanvasRenderer, LabelLayout, LegacyGridContainLabel,
]);

export { init, type EChartsType };
