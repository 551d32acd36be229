variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "regions" {
  description = "Number of each region that gets a subnetwork: its place in topology.yaml, so that adding one moves no other."
  type        = map(number)
  validation {
    condition     = alltrue([for number in values(var.regions) : number >= 0 && number < 64]) && length(distinct(values(var.regions))) == length(var.regions)
    error_message = "regions: 0 to 63, each once."
  }
}

variable "cidr" {
  description = "Addresses that the regions share: each gets a 64th. Cloud Run takes one address or two an instance, and keeps those of ended ones for some minutes."
  type        = string
  default     = "10.64.0.0/16"
  validation {
    condition     = can(cidrnetmask(var.cidr)) && tonumber(split("/", var.cidr)[1]) <= 20
    error_message = "cidr: an IPv4 range of /20 or larger: a region needs a /26."
  }
}

variable "logs_flows" {
  description = "Whether a twentieth of the flows are logged."
  type        = bool
  default     = true
}
