variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "regions" {
  description = "Regions with a Redis of their own; elsewhere each instance counts rates and keeps answers for itself."
  type        = set(string)
}

variable "network" {
  description = "Resource name of the network that functions leave through."
  type        = string
}

variable "memory_gb" {
  description = "Memory of each, in GiB."
  type        = number
  default     = 1
  validation {
    condition     = var.memory_gb >= 1 && var.memory_gb <= 300
    error_message = "memory_gb: 1 to 300."
  }
}

variable "tier" {
  description = "BASIC: one node, empty after it fails; STANDARD_HA: with a replica, at twice the price. It holds nothing that may not be lost."
  type        = string
  default     = "BASIC"
  validation {
    condition     = contains(["BASIC", "STANDARD_HA"], var.tier)
    error_message = "tier: BASIC or STANDARD_HA."
  }
}

variable "readers" {
  description = "IAM members that may read the addresses, which hold the password, by a name that is known when planning."
  type        = map(string)
}

variable "labels" {
  description = "Labels of instances and secrets."
  type        = map(string)
  default     = {}
}
