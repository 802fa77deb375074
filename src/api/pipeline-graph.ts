import { describePlan, flinkPlan, type PlanDescription, toMermaid } from '../graph/explain.ts';
import type { JobGraph } from '../graph/job-graph.ts';
import { planJob } from '../graph/planner.ts';
import { toSvg } from '../graph/svg.ts';

/** The graph of a job, to look at. */
export class PipelineGraph {
  /** The plain data that the runtime takes. */
  readonly jobGraph: JobGraph;

  constructor(jobGraph: JobGraph) {
    this.jobGraph = jobGraph;
  }

  /** A Mermaid flowchart: chains, their languages and parallelism, what is between them. */
  toMermaid(): string {
    return toMermaid(planJob(this.jobGraph));
  }

  /** The same as a picture of its own, for a page or a file. */
  toSvg(): string {
    return toSvg(this.toJSON());
  }

  /** The same as plain data. */
  toJSON(): PlanDescription {
    return describePlan(planJob(this.jobGraph));
  }

  /** JSON that Flink's plan visualizer reads. */
  toPlanJson(): string {
    return JSON.stringify(flinkPlan(planJob(this.jobGraph)), null, 2);
  }
}
