# Copyright 2026 theylive_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""The package theylive_training: installed by pip beside theylive_ros on a PC; its pins are in ../requirements."""

from setuptools import find_packages, setup

NAME = "theylive_training"

setup(
    name=NAME,
    version="0.1.0",
    description="From pictures to the int8 models that theylive_ros loads",
    license="Apache-2.0",
    maintainer="theylive_ros developers",
    maintainer_email="maintainers@theylive-ros.invalid",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={f"{NAME}.nets": ["*.yaml"], f"{NAME}.report": ["*.html"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    python_requires=">=3.10",
    install_requires=["setuptools"],
    extras_require={
        "train": ["theylive_ros", "torch", "ultralytics", "onnx", "onnxslim", "onnx2tf", "tensorflow", "ai-edge-litert", "tqdm", "jinja2"]
    },
    zip_safe=False,
    entry_points={"console_scripts": ["theylive-train = theylive_training.__main__:main"]},
)
