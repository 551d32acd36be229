variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "location" {
  description = "Region of the images; Cloud Run keeps a copy of what it runs, so starts elsewhere do not wait for it."
  type        = string
}

variable "writers" {
  description = "IAM members that push images, by a name that is known when planning."
  type        = map(string)
}

variable "readers" {
  description = "IAM members that change services which run these images, by a name that is known when planning."
  type        = map(string)
  default     = {}
}

variable "kept_releases" {
  description = "Images of each function that are kept to roll back to."
  type        = number
  default     = 10
  validation {
    condition     = var.kept_releases >= 2
    error_message = "kept_releases: at least 2, the one that runs and the one before."
  }
}

variable "labels" {
  description = "Labels of the repository."
  type        = map(string)
  default     = {}
}
