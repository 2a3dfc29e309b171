/**
 * Names on the wire. Each holds the mesh id, so that two meshes on one machine or one network never mix
 * (protocol.md 1).
 */

import type { MeshId } from "../../protocol/core/ids.ts";
import { GOSSIP_TOPICS, type GossipTopic } from "../../protocol/wire/topics.ts";

export const framesProtocol = (meshId: MeshId): string => `/meshwork/1/${meshId}/frames`;
export const blobsProtocol = (meshId: MeshId): string => `/meshwork/1/${meshId}/blobs`;
export const instancesProtocol = (meshId: MeshId): string => `/meshwork/1/${meshId}/instances`;
export const dialBackProtocol = (meshId: MeshId): string => `/meshwork/1/${meshId}/dial-back`;
export const clockProtocol = (meshId: MeshId): string => `/meshwork/1/${meshId}/clock`;
export const topicName = (meshId: MeshId, topic: GossipTopic): string => `meshwork/1/${meshId}/${topic}`;

export const topicNames = (meshId: MeshId): ReadonlyMap<string, GossipTopic> =>
  new Map(GOSSIP_TOPICS.map((topic) => [topicName(meshId, topic), topic]));
