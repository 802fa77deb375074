// Spans of time are plain numbers of milliseconds everywhere; these say them in other units, by the names that PyFlink has.

/** `Time.seconds(5)` is 5,000. */
export const Time = {
  milliseconds: (count: number): number => count,
  seconds: (count: number): number => count * 1_000,
  minutes: (count: number): number => count * 60_000,
  hours: (count: number): number => count * 3_600_000,
  days: (count: number): number => count * 86_400_000,
} as const;

/** `Duration.ofSeconds(5)` is 5,000. */
export const Duration = {
  ofMillis: Time.milliseconds,
  ofSeconds: Time.seconds,
  ofMinutes: Time.minutes,
  ofHours: Time.hours,
  ofDays: Time.days,
} as const;
