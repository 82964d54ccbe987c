"""What the report cites, in the order of its list."""

from __future__ import annotations

REFERENCES: dict[str, str] = {
    "kermany2018": (
        "Kermany DS, Goldbaum M, Cai W, et al. Identifying medical diagnoses and treatable diseases by image-based "
        "deep learning. Cell 172(5), 1122–1131, 2018. doi:10.1016/j.cell.2018.02.010"
    ),
    "data": (
        "Kermany D, Zhang K, Goldbaum M. Labeled optical coherence tomography (OCT) and chest X-ray images for "
        "classification. Mendeley Data. doi:10.17632/rscbjbr9sj. CC BY 4.0"
    ),
    "he2016": "He K, Zhang X, Ren S, Sun J. Deep residual learning for image recognition. CVPR 2016",
    "lin2014": "Lin M, Chen Q, Yan S. Network in network. ICLR 2014",
    "loshchilov2019": "Loshchilov I, Hutter F. Decoupled weight decay regularization. ICLR 2019",
    "hinton2015": "Hinton G, Vinyals O, Dean J. Distilling the knowledge in a neural network. arXiv:1503.02531, 2015",
    "singh2017": "Singh KK, Lee YJ. Hide-and-seek: forcing a network to be meticulous. ICCV 2017",
    "platt1999": (
        "Platt J. Probabilistic outputs for support vector machines and comparisons to regularized likelihood methods. "
        "Advances in Large Margin Classifiers, 1999"
    ),
    "wilson1927": (
        "Wilson EB. Probable inference, the law of succession, and statistical inference. JASA 22, 209–212, 1927"
    ),
    "yang2023": (
        "Yang J, Shi R, Wei D, et al. MedMNIST v2: a large-scale lightweight benchmark for 2D and 3D biomedical image "
        "classification. Scientific Data 10, 41, 2023. doi:10.1038/s41597-022-01721-8"
    ),
    "rajaraman2018": (
        "Rajaraman S, Candemir S, Kim I, Thoma G, Antani S. Visualization and interpretation of convolutional neural "
        "network predictions in detecting pneumonia in pediatric chest radiographs. Applied Sciences 8(10), 1715, "
        "2018. doi:10.3390/app8101715"
    ),
    "selvaraju2017": (
        "Selvaraju RR, Cogswell M, Das A, et al. Grad-CAM: visual explanations from deep networks via gradient-based "
        "localization. ICCV 2017"
    ),
    "adebayo2018": "Adebayo J, Gilmer J, Muelly M, et al. Sanity checks for saliency maps. NeurIPS 2018",
    "zech2018": (
        "Zech JR, Badgeley MA, Liu M, et al. Variable generalization performance of a deep learning model to detect "
        "pneumonia in chest radiographs: a cross-sectional study. PLOS Medicine 15(11), e1002683, 2018"
    ),
    "northcutt2021": (
        "Northcutt C, Jiang L, Chuang I. Confident learning: estimating uncertainty in dataset labels. JAIR 70, "
        "1373–1411, 2021"
    ),
}


def cite(*keys: str) -> str:
    """Numbers in the list of references, such as "[1, 3]".

    Raises:
        KeyError: if there is no such reference.
    """
    order = list(REFERENCES)
    missing = [key for key in keys if key not in REFERENCES]
    if missing:
        raise KeyError(f"no reference called {missing}; expected some of {order}")
    return f"[{', '.join(str(order.index(key) + 1) for key in keys)}]"
