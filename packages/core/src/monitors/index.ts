export type {
  AnyModelMonitor,
  AnyMonitor,
  Breach,
  Monitor,
  MonitorAction,
  MonitorOptions,
  MonitorReport,
  MonitorSetting,
  MonitorsHost,
  MonitorsStatus,
  OutcomePart,
  RunningMonitors,
  SegmentOf,
  TargetView,
} from './monitor.ts';
export type { OutcomeCoverage } from './outcome-ledger.ts';
