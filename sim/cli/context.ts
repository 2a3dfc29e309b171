export interface SimPlatform { host: any; hostUrl: string; version: string; command: string }
