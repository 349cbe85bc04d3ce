#!/bin/bash
# ROS, pip's packages and this workspace, then what was asked for: as the process that is stopped, so that the rig ends dark at once.
set -e
source "/opt/ros/${ROS_DISTRO}/setup.bash"
source /opt/theylive/bin/activate
source /opt/ws/install/setup.bash
exec "$@"
